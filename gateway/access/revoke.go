package access

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Without gives tokens written in YAML without the one of a name, and reports whether it was there.
// Comments stay, but for those of the token.
func Without(data []byte, name string) ([]byte, bool, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, false, fmt.Errorf("tokens: %w", err)
	}
	list := under(&file, "tokens")
	if list == nil {
		return data, false, nil
	}
	before := len(list.Content)
	list.Content = slices.DeleteFunc(list.Content, func(item *yaml.Node) bool {
		var t struct {
			Name string `yaml:"name"`
		}
		return item.Decode(&t) == nil && t.Name == name
	})
	if len(list.Content) == before {
		return data, false, nil
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&file); err != nil {
		return nil, false, fmt.Errorf("tokens: %w", err)
	}
	return out.Bytes(), true, nil
}

// under finds the list that a document has under a key.
func under(file *yaml.Node, key string) *yaml.Node {
	if len(file.Content) == 0 || file.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	pairs := file.Content[0].Content
	for k := 0; k+1 < len(pairs); k += 2 {
		if pairs[k].Value == key && pairs[k+1].Kind == yaml.SequenceNode {
			return pairs[k+1]
		}
	}
	return nil
}
