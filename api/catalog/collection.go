package catalog

// maxCollectionBytes is the most bytes of the features of an answer, unless the first alone has more.
const maxCollectionBytes = 8 << 20

// geoJSON is the registered type of GeoJSON.
const geoJSON = "application/geo+json"

// collection is a GeoJSON feature collection that is being written.
type collection struct {
	body     []byte
	returned int
	most     int // bytes
}

func newCollection() *collection {
	return &collection{body: []byte(`{"type":"FeatureCollection","features":[`), most: maxCollectionBytes}
}

// add adds the feature that write appends. It returns false, without it, when there would be too many
// bytes.
func (c *collection) add(write func(dst []byte) []byte) bool {
	before := len(c.body)
	if c.returned > 0 {
		c.body = append(c.body, ',')
	}
	if c.body = write(c.body); c.returned > 0 && len(c.body) > c.most {
		c.body = c.body[:before]
		return false
	}
	c.returned++
	return true
}

// finish ends the collection with members of its own, such as ,"complete":true, and returns it.
func (c *collection) finish(members string) []byte {
	return append(append(append(c.body, ']'), members...), "}\n"...)
}
