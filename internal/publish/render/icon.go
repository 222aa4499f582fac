package render

import (
	"cmp"
	"encoding/json"
	"fmt"

	"feedd/internal/feed"
)

// icon is the site's icon as pages name it.
type icon struct {
	URL, Type string
	path      string // without the root
}

// iconOf is the icon that the site has, or feedd's own.
func iconOf(site feed.Site, root string) icon {
	ext := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/x-icon": ".ico"}[site.Icon.Type]
	if site.Icon.Type == "" || ext == "" && site.Icon.Type != "image/svg+xml" {
		return icon{URL: root + "/assets/icon.svg", Type: "image/svg+xml", path: "/assets/icon.svg"}
	}
	ext = cmp.Or(ext, ".svg")
	path := "/assets/site" + ext
	return icon{URL: root + path, Type: site.Icon.Type, path: path}
}

// SiteAssets returns the files that follow from the site: its icon, /favicon.ico and the manifest with
// which a page is put on a phone's screen.
func SiteAssets(v *View) ([]Asset, error) {
	root := rootPath(v.Base)
	ic := iconOf(v.Site, root)
	var list []Asset
	favicon := Asset{Path: "/favicon.ico", Type: "image/x-icon"}
	if v.Site.Icon.Type != "" {
		favicon.Type, favicon.Body = v.Site.Icon.Type, []byte(v.Site.Icon.Data)
		list = append(list, Asset{Path: ic.path, Type: ic.Type, Body: favicon.Body})
	} else {
		body, err := assetFiles.ReadFile("assets/favicon.ico")
		if err != nil {
			return nil, fmt.Errorf("the icon: %w", err)
		}
		favicon.Body = body
	}
	list = append(list, favicon)

	p := v.newPage("/")
	manifest := struct {
		Name      string         `json:"name"`
		ShortName string         `json:"short_name"`
		Lang      string         `json:"lang,omitempty"`
		Dir       string         `json:"dir,omitempty"`
		Start     string         `json:"start_url"`
		Scope     string         `json:"scope"`
		Display   string         `json:"display"`
		Icons     []manifestIcon `json:"icons"`
	}{
		Name: p.Site, ShortName: cut(p.Site, 20), Lang: languageTag(v.Site.Language), Dir: p.SiteDir,
		Start: root + "/", Scope: root + "/", Display: "browser",
		Icons: []manifestIcon{{Src: ic.URL, Type: ic.Type, Sizes: "any"}},
	}
	if w, h := v.Site.Icon.Width, v.Site.Icon.Height; w > 0 && h > 0 {
		manifest.Icons[0].Sizes = fmt.Sprintf("%dx%d", w, h)
	}
	body, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the manifest: %w", err)
	}
	return append(list, Asset{Path: "/manifest.webmanifest", Type: "application/manifest+json", Body: append(body, '\n')}), nil
}

type manifestIcon struct {
	Src   string `json:"src"`
	Type  string `json:"type"`
	Sizes string `json:"sizes"`
}

// LostPage renders what stands where there is no page: it says so in the site's language, and names
// ways on.
func LostPage(v *View) ([]byte, error) {
	words := wordsFor(v.Site.Language)
	return v.noPage(words.Lost, words.LostHelp)
}

// RefusedPage renders what a person gets in place of a page: why, in the site's language, and ways on.
func RefusedPage(v *View, why string) ([]byte, error) {
	return v.noPage(wordsFor(v.Site.Language).Refused, why)
}

func (v *View) noPage(heading, why string) ([]byte, error) {
	p := v.newPage("/404.html")
	p.Canonical, p.NoIndex = "", true
	p.Heading, p.Why = heading, why
	p.Title = p.Heading + " – " + p.Site
	return execute("lost.html", p)
}
