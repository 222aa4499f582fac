package judge

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// ArticleTable reads a tar as git archive makes it, of articles whose words were told apart: files *.seg in UTF-8
// with the headline, an empty line, the summary, an empty line and the text, the syllables of a word joined by "_" and
// marks set apart by spaces. It returns a table with the columns title and summary, and the commit.
func ArticleTable(in io.Reader) (table []byte, commit string, err error) {
	out := bytes.NewBufferString("title\tsummary\n")
	for archive := tar.NewReader(in); ; {
		file, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", fmt.Errorf("articles: %w", err)
		}
		if id := file.PAXRecords["comment"]; id != "" {
			commit = id
		}
		if !strings.HasSuffix(file.Name, ".seg") {
			continue
		}
		raw, err := io.ReadAll(archive)
		if err != nil {
			return nil, "", fmt.Errorf("articles: %s: %w", file.Name, err)
		}
		if parts := strings.SplitN(string(raw), "\n\n", 3); len(parts) > 1 {
			fmt.Fprintf(out, "%s\t%s\n", asWritten(parts[0]), asWritten(parts[1]))
		}
	}
	return out.Bytes(), commit, nil
}

var (
	beforeMark = regexp.MustCompile(` ([.,;:!?)\]”%])`)
	afterMark  = regexp.MustCompile(`([(\[“]) `)
	inFigure   = regexp.MustCompile(`(\d) / (\d)`)
)

// asWritten takes back what telling words apart did to a text.
func asWritten(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "_", " ")), " ")
	text = beforeMark.ReplaceAllString(text, "$1")
	return inFigure.ReplaceAllString(afterMark.ReplaceAllString(text, "$1"), "$1/$2")
}
