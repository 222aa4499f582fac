package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"feedd/internal/feed"
)

// maxSecret bounds a file of a *_file key, so that a wrong path does not read a database.
const maxSecret = 64 << 10

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret reads what one of two references stands for; "" when neither is given. No message shows
// the content.
func (b *builder) secret(env, file text, name string) string {
	switch {
	case env.given() && file.given():
		b.at(file.at, say("keep one"), "%s is given twice, by a variable and by a file", name)
		return ""
	case env.given():
		return b.secretEnv(env)
	case file.given():
		return b.secretFile(file)
	}
	return ""
}

func (b *builder) secretEnv(env text) string {
	if !envName.MatchString(env.is) {
		// Not shown: somebody may have put the secret itself here.
		b.at(env.at, say("such as FEEDD_TOKEN"), "this is no name of an environment variable")
		return ""
	}
	s, set := os.LookupEnv(env.is)
	switch {
	case !set && b.checks.WithoutSecrets:
	case !set:
		b.at(env.at, feed.Text{}, "the environment variable %s is not set", env.is)
	case strings.TrimSpace(s) == "":
		b.at(env.at, feed.Text{}, "the environment variable %s is empty", env.is)
	}
	return strings.TrimRight(s, "\r\n")
}

func (b *builder) secretFile(file text) string {
	path := file.is
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.folder, path)
	}
	s, err := readSecret(path)
	var pathErr *fs.PathError
	switch {
	case err != nil && b.checks.WithoutSecrets:
	case errors.As(err, &pathErr):
		b.at(file.at, feed.Text{}, "cannot read the file %s: %s", shown(path), pathErr.Err)
	case err != nil:
		b.at(file.at, feed.Text{}, "cannot read the file %s: %s", shown(path), err)
	case strings.TrimSpace(s) == "":
		b.at(file.at, feed.Text{}, "the file %s is empty", shown(path))
	}
	return s
}

func readSecret(path string) (string, error) {
	// A named pipe would hang and a device never end, so this is asked before opening.
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", feed.Errorf("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxSecret {
		return "", feed.Errorf("larger than 64 KiB")
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}
