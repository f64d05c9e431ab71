package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The first line of every answer, for each way in which pages can stand.
func TestWhoIsBeingWoken(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	morning := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for want, change := range map[string]func(i *Incident){
		"Paging checkout and cart now.":                                  func(*Incident) {},
		"Paging cart now. checkout was acknowledged by bob@example.com.": func(i *Incident) { i.Pages[0].Status, i.Pages[0].By = PageAcknowledged, "bob@example.com" },
		"Nobody is being paged now: checkout and cart are paged on Monday 30 November at 09:00 CET.": func(i *Incident) {
			for k := range i.Pages {
				i.Pages[k].Status, i.Pages[k].NotBefore = PageWaiting, morning
			}
		},
		"Paging checkout now. cart is paged on Monday 30 November at 09:00 CET.": func(i *Incident) {
			i.Pages[1].Status, i.Pages[1].NotBefore = PageWaiting, morning
		},
		"Nobody is being paged now: checkout was acknowledged by somebody, cart was acknowledged by somebody.": func(i *Incident) {
			i.Pages[0].Status, i.Pages[1].Status = PageAcknowledged, PageAcknowledged
		},
		"Nobody is being paged: severity 4 (Low) pages nobody.": func(i *Incident) {
			i.Pages, i.PagesNobody = nil, "severity 4 (Low) pages nobody"
		},
		"Nobody is being paged.": func(i *Incident) { i.Pages[0].Status, i.Pages[1].Status = PageWithdrawn, PageWithdrawn },
		"Paging cart now. The page to checkout is not delivered yet: PagerDuty does not answer. Trying again.": func(i *Incident) {
			i.Pages[0].Problem = "PagerDuty does not answer"
		},
		"The page to checkout and cart is not delivered yet: PagerDuty does not answer. Trying again.": func(i *Incident) {
			for k := range i.Pages {
				i.Pages[k].Status, i.Pages[k].Problem = PageUnanswered, "PagerDuty does not answer"
			}
		},
		"Paging cart now. Nobody has answered the page to checkout; it is repeated until somebody does.": func(i *Incident) {
			i.Pages[0].Status, i.Pages[0].Attempts = PageUnanswered, 2
		},
		"Nobody is being paged: INC-42 is resolved.": func(i *Incident) { i.Status = StatusResolved },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			i := declared()
			change(i)
			w := i.Waking(berlin)
			require.Equal(t, want, w.Line)
			require.Equal(t, w.Nobody(), len(want) > 6 && want[:6] == "Nobody" && w.Now == nil)
		})
	}
}
