package setup_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"muster/internal/setup"
	"muster/workflows/api"
)

// cloud is a namespace that lists its attributes to nobody. What it has is known by use, and what it has with
// another type refuses values of ours.
type cloud struct {
	lacks, mistyped []string
	fails           error
	asked           int
}

func (c *cloud) CountWorkflow(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	c.asked++
	if c.fails != nil {
		return nil, c.fails
	}
	for _, name := range c.lacks {
		if strings.Contains(r.Query, "`"+name+"`") {
			return nil, serviceerror.NewInvalidArgument("invalid query: column name '" + name + "' is not a valid search attribute")
		}
	}
	for _, name := range c.mistyped {
		if strings.Contains(r.Query, "`"+name+"` = ") {
			return nil, serviceerror.NewInvalidArgument("invalid query: invalid value")
		}
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, nil
}

func TestANamespaceThatHasAllIsAskedOnce(t *testing.T) {
	t.Parallel()
	c := &cloud{}
	require.NoError(t, setup.CheckSearchAttributes(t.Context(), c, "muster.a1b2c"))
	require.Equal(t, 1, c.asked)
}

func TestWhatIsMissingIsNamedWithItsTypeAndMend(t *testing.T) {
	t.Parallel()
	err := setup.CheckSearchAttributes(t.Context(), &cloud{lacks: []string{api.AttrDue, api.AttrTags}}, "muster.a1b2c")
	require.EqualError(t, err, "namespace muster.a1b2c lacks the search attributes MusterDue (Datetime), MusterTags (KeywordList); "+
		"run `starter setup temporal --namespace muster.a1b2c`, or on Temporal Cloud what `starter setup temporal --namespace muster.a1b2c --print tcld` says")
	err = setup.CheckSearchAttributes(t.Context(), &cloud{mistyped: []string{api.AttrSeverity}}, "muster")
	require.ErrorContains(t, err, "search attribute MusterSeverity of namespace muster has another type than Int")
}

func TestAServerThatDoesNotAnswerSaysNothingAboutAttributes(t *testing.T) {
	t.Parallel()
	for _, fails := range []error{serviceerror.NewUnavailable("away"), serviceerror.NewPermissionDenied("Request unauthorized.", ""), serviceerror.NewInvalidArgument("no such namespace")} {
		c := &cloud{fails: fails}
		err := setup.CheckSearchAttributes(t.Context(), c, "muster")
		if _, refused := fails.(*serviceerror.InvalidArgument); refused { //nolint:errorlint // it is made above
			continue
		}
		require.ErrorIs(t, err, fails)
		require.ErrorContains(t, err, "cannot be asked")
		require.Equal(t, 1, c.asked)
	}
}

func TestWhatToDoByHandNamesEveryAttribute(t *testing.T) {
	t.Parallel()
	for tool, want := range map[string]string{
		setup.ToolTcld:      "tcld namespace search-attributes add --namespace muster.a1b2c \\\n",
		setup.ToolTerraform: `resource "temporalcloud_namespace_search_attribute" "muster" {`,
		setup.ToolCLI:       "temporal operator search-attribute create --namespace muster.a1b2c \\\n",
	} {
		text, err := setup.Commands(tool, "muster.a1b2c", 90)
		require.NoError(t, err)
		require.Contains(t, text, want)
		require.Contains(t, text, "90")
		for name, kind := range setup.SearchAttributes() {
			require.Regexp(t, name+`[" =]+(--type )?"?`+kind.String(), text, tool)
		}
	}
	_, err := setup.Commands("helm", "muster", 90)
	require.EqualError(t, err, `"helm" is no tool; write one of tcld, terraform, cli`)
}
