package api

import (
	"net/http"
	"strconv"

	"hutong/tiles/cache"
)

// HeaderDropped tells what a tile left out to meet its budget.
const HeaderDropped = "Hutong-Dropped"

// TellDropped sets [HeaderDropped] to what the budget left out; nil is nothing.
func TellDropped(w http.ResponseWriter, d *cache.Dropped) {
	if d == nil {
		return
	}
	left := "features=" + strconv.Itoa(d.Features) + ", fields=" + strconv.Itoa(d.Fields)
	if d.Simplified > 0 {
		left += ", simplified=" + strconv.Itoa(d.Simplified)
	}
	if d.Overrun {
		left += ", overrun"
	}
	w.Header().Set(HeaderDropped, left)
}
