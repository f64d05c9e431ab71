// Package views makes what Slack shows of Muster: modals, the home tab and the messages that
// answer a person; and it reads submitted modals back into commands. It is pure: data in, views
// out, no network and no clock. Whatever the data is, what is made is within Slack's limits and
// shows other people's text as text.
package views
