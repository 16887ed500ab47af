package tile

import (
	"net/http"
	"net/url"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/tiles/cache"
)

// tables returns which tables a tile of a zoom shows of the layers that are views of counts; it shows all of the others,
// since a filter for them alone would be taken for one of the counts. When there are no such tables it answers the
// request with a problem and ok is false.
func (t *Tiles) tables(w http.ResponseWriter, r *http.Request, seen api.Seen, zoom uint8) (v *cache.Variant, ok bool) {
	list := inOrder(seen)
	where := make([][]layers.Selector, len(list))
	var canonical strings.Builder
	for i, l := range list {
		if l.Tables == nil {
			continue
		}
		c, err := l.Tables.ChooseRaw(r.URL.RawQuery)
		if err != nil {
			api.RefuseTables(w, r, err)
			return nil, false
		}
		where[i] = []layers.Selector{c.Where(l.Tables.Zoom(zoom))}
		canonical.WriteString(string(l.Name()) + " " + c.Canonical() + "\n")
	}
	return cache.NewVariant(canonical.String(), where), true
}

// chosen returns what of a query chooses tables, as it stands behind ? in the URL of tiles; "" where it does not say.
// When there are no such tables it answers the request with a problem and ok is false.
func (t *Tiles) chosen(w http.ResponseWriter, r *http.Request, seen api.Seen) (query string, ok bool) {
	if _, ok := t.tables(w, r, seen, 0); !ok {
		return "", false
	}
	asked, err := api.Pick(r.URL.RawQuery, api.TableNames()...)
	if err != nil {
		api.RefuseTables(w, r, err)
		return "", false
	}
	out := url.Values{}
	for _, name := range api.TableNames() {
		if asked.Has(name) {
			out.Set(name, asked.Get(name))
		}
	}
	return out.Encode(), true
}
