package styles

import (
	"slices"
	"strings"

	"hutong/layers/column"
)

// over are words for what needs nobody any more, in lower case.
var over = []string{
	"closed", "close", "resolved", "done", "completed", "complete", "fixed", "finished", "archived", "cancelled", "canceled",
	"rejected", "duplicate", "expired", "revoked", "denied", "withdrawn", "inactive", "offline", "off", "shut",
	"已关闭", "关闭", "已办结", "办结", "已解决", "已完成", "完成", "已取消", "已过期", "已吊销", "停用", "离线", "打烊", "歇业",
}

// isOver reports whether a status says that something needs nobody any more, as "Closed" and "closed
// (duplicate)" do.
func isOver(status string) bool {
	first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(status)), " ")
	return slices.Contains(over, strings.TrimRight(first, ",:;-_"))
}

// recede returns the expression of v for what still needs somebody and of v times part for what does
// not, at zoom z and above. It is v where the layer has no status or none that says so.
func (l *Layer) recede(z uint8, v, part float64) any {
	closed := l.closed(z)
	if len(closed) == 0 {
		return v
	}
	return match(get(l.Drawing.Status), []arm{{closed, round3(v * part)}}, v)
}

// closed returns the known values of the layer's status that say that something needs nobody any more,
// if tiles have the status at zoom z.
func (l *Layer) closed(z uint8) []string {
	from, ok := l.has(l.Drawing.Status, column.String)
	if !ok || from > z {
		return nil
	}
	var list []string
	for _, v := range l.values(l.Drawing.Status) {
		if isOver(v) {
			list = append(list, v)
		}
	}
	return list
}

// onTop is the layout that draws what still needs somebody over what does not; nil if all is the same.
func (l *Layer) onTop(z uint8) any {
	closed := l.closed(z)
	if len(closed) == 0 {
		return nil
	}
	return match(get(l.Drawing.Status), []arm{{closed, 0}}, 1)
}
