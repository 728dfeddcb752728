// What BuildKit's client leaves out of a context, asked of its own libraries. Prints answers.json:
//
//	go run oracle.go cases.json >answers.json
//
// in a module that has github.com/moby/patternmatcher and github.com/tonistiigi/fsutil.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	gofs "io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

type cases struct {
	Tree  []string          `json:"tree"`
	Links map[string]string `json:"links"`
	Rules []string          `json:"rules"`
}

type answer struct {
	Rules   string   `json:"rules"`
	Ignored []string `json:"ignored,omitempty"`
	Refused string   `json:"refused,omitempty"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func paths(root string, excludes []string) (map[string]bool, error) {
	found := map[string]bool{}
	base, err := fsutil.NewFS(root)
	must(err)
	filtered, err := fsutil.NewFilterFS(base, &fsutil.FilterOpt{ExcludePatterns: excludes})
	if err != nil {
		return nil, err
	}
	err = filtered.Walk(context.Background(), "", func(path string, entry gofs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		found[path] = true
		return nil
	})
	return found, err
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var asked cases
	must(json.Unmarshal(text, &asked))
	root, err := os.MkdirTemp("", "oracle")
	must(err)
	defer os.RemoveAll(root)
	for _, path := range asked.Tree {
		file := filepath.Join(root, path)
		if strings.HasSuffix(path, "/") {
			must(os.MkdirAll(file, 0o755))
			continue
		}
		must(os.MkdirAll(filepath.Dir(file), 0o755))
		must(os.WriteFile(file, []byte(path), 0o644))
	}
	for path, target := range asked.Links {
		must(os.Symlink(target, filepath.Join(root, path)))
	}
	all, err := paths(root, nil)
	must(err)
	answers := []answer{}
	for _, rules := range asked.Rules {
		said := answer{Rules: rules}
		excludes, err := ignorefile.ReadAll(strings.NewReader(rules))
		must(err)
		kept, err := paths(root, excludes)
		if err != nil {
			said.Refused = err.Error()
		} else {
			for path := range all {
				if !kept[path] {
					said.Ignored = append(said.Ignored, path)
				}
			}
			sort.Strings(said.Ignored)
		}
		answers = append(answers, said)
	}
	versions := map[string]string{}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/moby/patternmatcher" || module.Path == "github.com/tonistiigi/fsutil" {
			versions[module.Path] = module.Version
		}
	}
	out, err := json.MarshalIndent(map[string]any{"versions": versions, "answers": answers}, "", "  ")
	must(err)
	fmt.Println(string(out))
}
