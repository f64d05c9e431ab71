package setup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The tools for which Commands writes.
const (
	ToolTcld      = "tcld"
	ToolTerraform = "terraform"
	ToolCLI       = "cli"
)

// Tools lists them.
func Tools() []string { return []string{ToolTcld, ToolTerraform, ToolCLI} }

// Commands are what adds the search attributes by hand: for Temporal Cloud, where no program may, with tcld or
// Terraform, and for a server of one's own with the temporal command.
func Commands(tool, namespace string, days int) (string, error) {
	want := SearchAttributes()
	names := slices.Sorted(maps.Keys(want))
	var b strings.Builder
	switch tool {
	case ToolTcld:
		fmt.Fprintf(&b, "tcld namespace retention set --namespace %s --retention-days %d\n", namespace, days)
		fmt.Fprintf(&b, "tcld namespace search-attributes add --namespace %s", namespace)
		for _, name := range names {
			fmt.Fprintf(&b, " \\\n  --search-attribute \"%s=%s\"", name, want[name])
		}
	case ToolTerraform:
		fmt.Fprintf(&b, "# In temporalcloud_namespace.muster: retention_days = %d\n", days)
		b.WriteString("resource \"temporalcloud_namespace_search_attribute\" \"muster\" {\n  for_each = {\n")
		for _, name := range names {
			fmt.Fprintf(&b, "    %-15s = %q\n", name, want[name].String())
		}
		b.WriteString("  }\n  namespace_id = temporalcloud_namespace.muster.id\n  name         = each.key\n  type         = each.value\n}")
	case ToolCLI:
		fmt.Fprintf(&b, "temporal operator namespace update --namespace %s --retention %dd\n", namespace, days)
		fmt.Fprintf(&b, "temporal operator search-attribute create --namespace %s", namespace)
		for _, name := range names {
			fmt.Fprintf(&b, " \\\n  --name %s --type %s", name, want[name])
		}
	default:
		return "", fmt.Errorf("%q is no tool; write one of %s", tool, strings.Join(Tools(), ", "))
	}
	b.WriteString("\n")
	return b.String(), nil
}
