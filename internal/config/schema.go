package config

import (
	_ "embed"
)

//go:embed feeds.schema.json
var schema string

// SchemaFile is the name under which a feeds.yaml looks for its schema, in its own folder.
const SchemaFile = "feeds.schema.json"

// Schema returns the JSON Schema (draft 2020-12) of feeds.yaml, for editors that complete and check
// YAML. It is made of the structs in shape.go.
func Schema() []byte { return []byte(schema) }
