package collect

import "net/http"

// Body is an answer as it came: decompressed as its Content-Encoding says, and bounded, but not
// yet decoded into text.
type Body struct {
	Bytes       []byte
	URL         string // of the last hop, against which relative addresses resolve
	ContentType string // as the server sent it; may be empty
	Header      http.Header
	Status      int
}
