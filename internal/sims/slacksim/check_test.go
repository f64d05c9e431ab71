package slacksim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/slacksim"
)

const (
	declareForm = `{"type":"modal","callback_id":"declare","private_metadata":"{}","title":{"type":"plain_text","text":"Declare an incident"},
	"submit":{"type":"plain_text","text":"Declare"},"close":{"type":"plain_text","text":"Cancel"},"notify_on_close":true,"blocks":[
	{"type":"input","block_id":"title","label":{"type":"plain_text","text":"What is wrong?"},"hint":{"type":"plain_text","text":"A few words are enough"},
	 "element":{"type":"plain_text_input","action_id":"v","min_length":3,"max_length":20,"initial_value":"checkout"}},
	{"type":"input","block_id":"severity","label":{"type":"plain_text","text":"Severity"},"element":{"type":"radio_buttons","action_id":"v",
	 "options":[%[1]s],"initial_option":%[1]s}},
	{"type":"section","block_id":"more","text":{"type":"mrkdwn","text":"Near misses wake nobody."},
	 "accessory":{"type":"button","action_id":"more","text":{"type":"plain_text","text":"More"}}}]}`
	choice = `{"text":{"type":"mrkdwn","text":"*1* worst"},"value":"1","description":{"type":"plain_text","text":"pages now"}}`
)

func TestAViewWithinTheLimitsIsTaken(t *testing.T) {
	t.Parallel()
	require.Empty(t, slacksim.CheckView(fmt.Appendf(nil, declareForm, choice)))
	require.Empty(t, slacksim.CheckView([]byte(`{"type":"home","blocks":[]}`)))
}

func TestAViewBeyondALimitIsRefusedWithThePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, is, want string }{
		{`"Declare an incident"`, `"Declare an incident, quickly"`, "less than 25 characters [json-pointer:/view/title/text]"},
		{`"submit":{"type":"plain_text","text":"Declare"},`, ``, "submit, which a modal with input blocks must have"},
		{`"block_id":"severity"`, `"block_id":"title"`, `"title" already exists`},
		{`"private_metadata":"{}"`, `"private_metadata":"` + strings.Repeat("x", 3001) + `"`, "/view/private_metadata"},
		{`"callback_id":"declare"`, `"callback_id":"` + strings.Repeat("x", 256) + `"`, "/view/callback_id"},
		{`"What is wrong?"`, `"` + strings.Repeat("x", 2001) + `"`, "/view/blocks/0/label/text"},
		{`"A few words are enough"`, `""`, "/view/blocks/0/hint/text"},
		{`"max_length":20`, `"max_length":3001`, "from 1 to 3000"},
		{`"max_length":20`, `"max_length":7`, "less than 8 characters [json-pointer:/view/blocks/0/element/initial_value]"},
		{`"value":"1"`, `"value":"` + strings.Repeat("1", 151) + `"`, "less than 151 characters [json-pointer:/view/blocks/1/element/options/0/value]"},
		{`*1* worst`, strings.Repeat("é", 76), "less than 76 characters"},
		{`"initial_option":{"text":{"type":"mrkdwn","text":"*1* worst"}`, `"initial_option":{"text":{"type":"mrkdwn","text":"1"}`, "must be one of the options"},
		{`"type":"plain_text_input"`, `"type":"button"`, "unsupported type: button"},
		{`"notify_on_close":true`, `"notify":true`, "invalid additional property: notify"},
		{`"type":"mrkdwn","text":"Near`, `"type":"mrkdwn","emoji":true,"text":"Near`, "invalid additional property: emoji"},
		{`"type":"section"`, `"type":"sektion"`, "unsupported type: sektion"},
		{`"type":"modal"`, `"type":"home"`, "invalid additional property: close"},
		{`"blocks":[`, `"blocks":[` + strings.Repeat(`{"type":"divider"},`, 98), "no more than 100 items"},
	} {
		was := fmt.Sprintf(declareForm, choice)
		bad := strings.Replace(was, c.old, c.is, 1)
		require.NotEqual(t, was, bad, c.old)
		require.Contains(t, strings.Join(slacksim.CheckView([]byte(bad)), "\n"), c.want, c.is)
	}
	require.Contains(t, slacksim.CheckView([]byte("{"))[0], "no JSON")
}

func TestAMenuHasItsLimits(t *testing.T) {
	t.Parallel()
	menu := func(kind string, options int, more string) string {
		list := make([]string, options)
		for i := range list {
			list[i] = fmt.Sprintf(`{"text":{"type":"plain_text","text":"%d"},"value":"%d"}`, i, i)
		}
		return fmt.Sprintf(`[{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":%q,"options":[%s]%s}}]`, kind, strings.Join(list, ","), more)
	}
	for kind, most := range map[string]int{"static_select": 100, "multi_static_select": 100, "checkboxes": 10, "radio_buttons": 10, "overflow": 5} {
		require.Empty(t, slacksim.CheckMessage([]byte(menu(kind, most, ""))), kind)
		require.NotEmpty(t, slacksim.CheckMessage([]byte(menu(kind, most+1, ""))), kind)
		require.NotEmpty(t, slacksim.CheckMessage([]byte(menu(kind, 0, ""))), kind)
	}
	long := `,"placeholder":{"type":"plain_text","text":"` + strings.Repeat("x", 151) + `"}`
	require.Contains(t, slacksim.CheckMessage([]byte(menu("static_select", 1, long)))[0], "less than 151 characters")
	require.NotEmpty(t, slacksim.CheckMessage([]byte(strings.Replace(menu("multi_static_select", 1, ""), `"section"`, `"actions"`, 1))))
}

func TestAllBlocksOfAMessageTogetherHaveALimit(t *testing.T) {
	t.Parallel()
	section := `{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", 3000) + `"}}`
	require.Empty(t, slacksim.CheckMessage([]byte("["+section+"]")))
	require.Contains(t, slacksim.CheckMessage([]byte("[" + strings.Join([]string{section, section, section, section, section}, ",") + "]"))[0], "msg_blocks_too_long")
}
