package config

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif"  // for their size
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"feedd/internal/feed"
)

// maxIcon bounds site.icon, in bytes.
const maxIcon = 512 << 10

var iconTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/x-icon"}

// icon reads the file that site.icon names.
func (b *builder) icon(f text) feed.Picture {
	if !f.given() {
		return feed.Picture{}
	}
	path := f.is
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.folder, path)
	}
	p, err := readIcon(path)
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		b.at(f.at, feed.Text{}, "cannot read the file %s: %s", shown(path), pathErr.Err)
	case err != nil:
		b.at(f.at, feed.Text{}, "cannot take the file %s for an icon: %s", shown(path), err)
	}
	return p
}

func readIcon(path string) (feed.Picture, error) {
	if info, err := os.Stat(path); err != nil {
		return feed.Picture{}, err
	} else if !info.Mode().IsRegular() { // see readSecret
		return feed.Picture{}, feed.Errorf("it is no regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return feed.Picture{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIcon+1))
	if err != nil {
		return feed.Picture{}, err
	}
	if len(data) > maxIcon {
		return feed.Picture{}, feed.Errorf("it is larger than 512 KiB")
	}
	p := feed.Picture{Type: http.DetectContentType(data), Data: string(data)}
	if head := data[:min(len(data), 1024)]; bytes.Contains(head, []byte("<svg")) {
		p.Type = "image/svg+xml" // browsers run no script of a picture
		return p, nil
	}
	if !slices.Contains(iconTypes, p.Type) {
		return feed.Picture{}, feed.Errorf("it looks like %s, not like PNG, JPEG, GIF, WebP, ICO or SVG", p.Type)
	}
	if size, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
		p.Width, p.Height = size.Width, size.Height
	}
	return p, nil
}
