package views_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/workflows/api"
)

// over is an incident as it is when it has ended.
func over(i incident.Incident) incident.Incident {
	i.Status, i.StartedAt, i.ResolvedAt = incident.StatusResolved, evening.Add(-50*time.Minute+7*time.Second), evening.Add(-10*time.Minute)
	i.Tags = []string{"eu", "black friday"}
	return i
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func TestAFormOfCorrectionsAsksForWhatWasChangedInIt(t *testing.T) {
	t.Parallel()
	form := views.Correct(book(), over(checkout()), meta(), "The logs show it")
	began := evening.Add(-40 * time.Minute)
	for _, c := range []struct {
		entered map[string]string
		want    incident.Correct
	}{
		{map[string]string{"started_at": unix(began)}, incident.Correct{StartedAt: &began}},
		{map[string]string{"detected_at": unix(began), "mitigated_at": unix(began)}, incident.Correct{DetectedAt: &began, MitigatedAt: &began}},
		{map[string]string{"title": "Slow carts", "kind": "near_miss"}, incident.Correct{Title: "Slow carts", Kind: incident.KindNearMiss}},
		{map[string]string{"services": "checkout,search"}, incident.Correct{Services: []string{"checkout", "search"}}},
		{map[string]string{"tags": " eu,, us "}, incident.Correct{Tags: []string{"eu", "us"}}},
		{map[string]string{"tags": ""}, incident.Correct{Tags: []string{}}},
	} {
		a := read(t, form, c.entered)
		c.want.Reason = "The logs show it"
		require.Equal(t, api.Correct, a.Name)
		require.Equal(t, c.want, a.Command)
	}
	a := read(t, form, map[string]string{"started_at": unix(evening.Add(-50 * time.Minute)), "resolved_at": unix(evening)})
	require.Equal(t, []string{"resolved_at"}, a.Command.(incident.Correct).Fields(), "the picker shows minutes, and the start is still the same")
}

func TestAFormOfCorrectionsSaysWhatCannotBe(t *testing.T) {
	t.Parallel()
	form := views.Correct(book(), over(checkout()), meta(), "")
	for _, c := range []struct {
		block, says string
		entered     map[string]string
	}{
		{"reason", "Nothing is changed.", map[string]string{"reason": "The logs"}},
		{"reason", "This is empty.", map[string]string{"title": "Slow carts"}},
		{"resolved_at", "This lies ahead.", map[string]string{"resolved_at": unix(evening.Add(time.Hour)), "reason": "The logs"}},
		{"resolved_at", "is before when it began", map[string]string{"started_at": unix(evening.Add(-time.Hour)), "resolved_at": unix(evening.Add(-2 * time.Hour)), "reason": "The logs"}},
		{"started_at", "is too long ago", map[string]string{"started_at": "86400", "reason": "The logs"}},
		{"kind", "is no kind", map[string]string{"kind": "party", "reason": "The logs"}},
	} {
		require.Contains(t, refused(t, form, c.entered)[c.block], c.says, c.block)
	}
}

// Of a time that has not been there is nothing to choose.
func TestAFormOfCorrectionsOffersWhatHasBeen(t *testing.T) {
	t.Parallel()
	open := views.Correct(book(), checkout(), meta(), "")
	text := string(encode(t, open))
	require.NotContains(t, text, `"mitigated_at"`)
	require.NotContains(t, text, `"resolved_at"`)
	mitigated := checkout()
	mitigated.Status, mitigated.MitigatedAt = incident.StatusMitigated, evening
	text = string(encode(t, views.Correct(book(), mitigated, meta(), "")))
	require.Contains(t, text, `"mitigated_at"`)
	require.NotContains(t, text, `"resolved_at"`)
	crowded := over(checkout())
	for range 20 {
		crowded.Tags = append(crowded.Tags, strings.Repeat("t", 50))
	}
	require.NotContains(t, string(encode(t, views.Correct(book(), crowded, meta(), ""))), `"block_id":"tags"`, "what a form cannot remember it does not take away")
}

func TestADeclarationFormAsksWhenItWasOver(t *testing.T) {
	t.Parallel()
	form := views.Declare(book(), views.DeclareForm{Title: "x"}, meta())
	a := read(t, form, map[string]string{"started_at": unix(evening.Add(-2 * time.Hour)), "resolved_at": unix(evening.Add(-time.Hour))})
	require.True(t, a.Declaration.Over())
	require.True(t, a.Declaration.ResolvedAt.Equal(evening.Add(-time.Hour)))
	require.Contains(t, refused(t, form, map[string]string{"started_at": unix(evening.Add(-time.Hour)), "resolved_at": unix(evening.Add(-2 * time.Hour))})["resolved_at"], "is before when it began")
}
