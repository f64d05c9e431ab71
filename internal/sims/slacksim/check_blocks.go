package slacksim

import "math"

// many is for numbers of things that only the size of all limits.
const many = math.MaxInt32

var (
	blockBase   = shape{"type": need{anything}, "block_id": text(1, 255)}
	loose       = func(names ...string) shape { return free(blockBase, names...) }
	imageShape  = shape{"type": need{anything}, "alt_text": need{text(1, 2000)}, "image_url": text(1, 3000), "slack_file": rule(anything)}
	blockShapes = map[string]shape{
		"header":  blockBase.with(shape{"text": need{plain(150)}, "level": whole(1, 4)}),
		"divider": blockBase,
		"section": blockBase.with(shape{
			"text": words("", 3000), "fields": list(1, 10, words("", 2000)), "accessory": element("section"), "expand": rule(yesNo),
		}),
		"context":  blockBase.with(shape{"elements": need{list(1, 10, contextElement)}}),
		"actions":  blockBase.with(shape{"elements": need{list(1, 25, element("actions"))}}),
		"input":    blockBase.with(shape{"label": need{plain(2000)}, "hint": plain(2000), "optional": rule(yesNo), "dispatch_action": rule(yesNo), "element": need{element("input")}}),
		"image":    blockBase.with(imageShape).with(shape{"title": plain(2000)}),
		"markdown": blockBase.with(shape{"text": need{text(1, 12_000)}}),
		// Those that the product does not use are taken as they are.
		"rich_text": loose("elements"),
	}
)

// free is a shape with properties that are not looked into.
func free(base shape, names ...string) shape {
	out := base.with(nil)
	for _, name := range names {
		out[name] = rule(anything)
	}
	return out
}

func (k *checker) blocks(at string, v any, most int) { list(0, most, (*checker).block)(k, at, v) }

func (k *checker) block(at string, v any) {
	object, _ := v.(map[string]any)
	kind, _ := object["type"].(string)
	if blockShapes[kind] == nil {
		k.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	k.object(at, v, blockShapes[kind])
	if id, _ := object["block_id"].(string); id != "" {
		if k.blockIDs[id] {
			k.fail(at+"/block_id", "`block_id` %q already exists for another block", id)
		}
		k.blockIDs[id] = true
	}
	switch kind {
	case "section":
		if object["text"] == nil && object["fields"] == nil {
			k.fail(at, "missing required field: text or fields")
		}
	case "input":
		k.inputs++
	case "actions":
		k.distinctActions(at, object)
	case "image":
		k.pictured(at, object)
	}
}

func (k *checker) pictured(at string, image map[string]any) {
	if (image["image_url"] == nil) == (image["slack_file"] == nil) {
		k.fail(at, "must provide image_url or slack_file, and not both")
	}
}

func (k *checker) distinctActions(at string, actions map[string]any) {
	used := map[string]bool{}
	elements, _ := actions["elements"].([]any)
	for _, one := range elements {
		e, _ := one.(map[string]any)
		id, _ := e["action_id"].(string)
		if id != "" && used[id] {
			k.fail(at+"/elements", "`action_id` %q already exists for another element", id)
		}
		used[id] = true
	}
}

func contextElement(k *checker, at string, v any) {
	if object, _ := v.(map[string]any); object["type"] == "image" {
		k.object(at, v, imageShape)
		k.pictured(at, object)
		return
	}
	words("", 3000)(k, at, v)
}
