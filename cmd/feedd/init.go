package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feedd/internal/config"
	"feedd/internal/daemon"
)

type initCmd struct {
	Language string   `placeholder:"LANGUAGE" help:"Language of the sources, such as vi or en (asked for)."`
	Topics   []string `placeholder:"TOPIC" help:"Topics in that language, by id or name (asked for)."`
	Yes      bool     `help:"Ask nothing; without other flags, take Vietnamese and its first three topics."`
	File     string   `arg:"" optional:"" default:"config/feeds.yaml" predictor:"file" help:"The file to write (${default})."`
}

// Run writes a first configuration, and its schema beside it. What is there stays.
func (c *initCmd) Run(a *app) error {
	if c.File == daemon.InDatabase {
		return useError{errors.New("init writes a file; look at it, then push it into the database: feedd config push FILE")}
	}
	if _, err := os.Lstat(c.File); err == nil {
		return useError{fmt.Errorf("%s exists and is not overwritten; name another file, or edit this one", c.File)}
	}
	language, topics, err := c.answers(a)
	if err != nil {
		return err
	}
	data, err := config.Starter(language, topics)
	if err != nil {
		return useError{err}
	}
	folder := filepath.Dir(c.File)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	if err := writeNew(c.File, data); errors.Is(err, fs.ErrExist) {
		return useError{fmt.Errorf("%s exists and is not overwritten; name another file, or edit this one", c.File)}
	} else if err != nil {
		return err
	}
	schema := filepath.Join(folder, config.SchemaFile)
	if err := writeNew(schema, config.Schema()); errors.Is(err, fs.ErrExist) {
		if old, err := os.ReadFile(schema); err == nil && !bytes.Equal(old, config.Schema()) {
			fmt.Fprintf(a.stderr, "feedd: %s was written by another version of feedd and was left as it is; feedd schema prints this version's\n", schema)
		}
	} else if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, c.File)
	serve := "feedd serve"
	if filepath.Clean(c.File) != filepath.Join("config", "feeds.yaml") {
		serve += " --config " + c.File
	}
	fmt.Fprintf(a.stderr, "Now: %s, and read http://127.0.0.1:8080/ or subscribe to a section there.\n", serve)
	return nil
}

// answers are the flags, and the answers to what they leave open.
func (c *initCmd) answers(a *app) (language string, topics []string, err error) {
	all := config.Starters()
	in := bufio.NewReader(os.Stdin)
	language, topics = strings.ToLower(c.Language), c.Topics
	if language == "" {
		language = all[0].Code
		if !c.Yes {
			var codes []string
			for _, l := range all {
				codes = append(codes, l.Code)
			}
			fmt.Fprintf(a.stderr, "Language of your sources (%s) [%s]: ", strings.Join(codes, ", "), language)
			if language, err = answer(in, language); err != nil {
				return "", nil, err
			}
			language = strings.ToLower(language)
		}
	}
	i := slices.IndexFunc(all, func(l config.StarterLanguage) bool { return l.Code == language })
	if len(topics) > 0 || i < 0 { // config.Starter says what is wrong with the language
		return language, topics, nil
	}
	var ids []string
	for _, t := range all[i].Topics {
		ids = append(ids, t.ID)
	}
	usual := strings.Join(ids[:min(3, len(ids))], ",")
	text := usual
	if !c.Yes {
		fmt.Fprintf(a.stderr, "Topics, with commas between (%s) [%s]: ", strings.Join(ids, ", "), usual)
		if text, err = answer(in, usual); err != nil {
			return "", nil, err
		}
	}
	for t := range strings.SplitSeq(text, ",") {
		if t = strings.TrimSpace(t); t != "" {
			topics = append(topics, t)
		}
	}
	return language, topics, nil
}

// answer reads one line; an empty one, or none, means the usual.
func answer(in *bufio.Reader, usual string) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimSpace(line); line != "" {
		return line, nil
	}
	return usual, nil
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
