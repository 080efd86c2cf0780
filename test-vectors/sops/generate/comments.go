// Fills in comments.json: where sops finds the comments of each case's YAML.
// Run it inside a module that requires github.com/getsops/sops/v3 v3.13.3: go run comments.go < comments.json > new.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/config"
	"github.com/getsops/sops/v3/stores/yaml"
)

type testCase struct {
	Name     string   `json:"name"`
	YAML     string   `json:"yaml"`
	Append   bool     `json:"append"`
	Places   []string `json:"places"`
	Appended []string `json:"appended"`
}

// Where the comments of a file are: `1 in 0/2/5 before 3, inline` is the comment whose first word is 1, in the first
// document, in the sixth entry or item of the third one's value, before the fourth entry or item there. An alias repeats what it stands for: only the first time counts.
type finder struct {
	document int
	seen     map[string]bool
	places   []string
}

func (f *finder) comment(comment sops.Comment, path []int, before int) {
	words := strings.Fields(comment.Value)
	if len(words) > 0 && !f.seen[words[0]] {
		f.seen[words[0]] = true
		text := fmt.Sprintf("%s in %d", words[0], f.document)
		for _, index := range path {
			text += fmt.Sprintf("/%d", index)
		}
		text += fmt.Sprintf(" before %d", before)
		if comment.Inline {
			text += ", inline"
		}
		f.places = append(f.places, text)
	}
}

func (f *finder) find(value interface{}, path []int) {
	index := 0
	member := func(comment, value interface{}) {
		if comment, ok := comment.(sops.Comment); ok {
			f.comment(comment, path, index)
			return
		}
		f.find(value, append(append([]int{}, path...), index))
		index++
	}
	switch value := value.(type) {
	case sops.TreeBranch:
		for _, item := range value {
			member(item.Key, item.Value)
		}
	case []interface{}:
		for _, item := range value {
			member(item, item)
		}
	}
}

func places(text string) []string {
	store := yaml.NewStore(&config.YAMLStoreConfig{})
	branches, err := store.LoadPlainFile([]byte(text))
	if err != nil {
		panic(text + err.Error())
	}
	found := finder{seen: map[string]bool{}, places: []string{}}
	for document, branch := range branches {
		found.document = document
		found.find(branch, nil)
	}
	return found.places
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	for i, one := range cases {
		row := &cases[i]
		row.Places = places(one.YAML)
		row.Appended = nil
		if one.Append {
			newline := "\n"
			if strings.Contains(one.YAML, "\r\n") {
				newline = "\r\n"
			}
			text := one.YAML
			if !strings.HasSuffix(text, "\n") {
				text += newline
			}
			row.Appended = places(text + "sops: {}" + newline)
		}
		line, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		start, end := ",\n", ""
		if i == 0 {
			start = "[\n"
		}
		if i == len(cases)-1 {
			end = "\n]\n"
		}
		os.Stdout.WriteString(start + string(line) + end)
	}
}
