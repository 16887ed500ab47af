package mvt

// Type is that of a feature's geometry (MVT 2.1 §4.3.4).
type Type uint8

// The types.
const (
	Points   Type = 1
	Lines    Type = 2
	Polygons Type = 3
)

// Vertex is a place in tile units.
type Vertex struct{ X, Y int32 }

// Commands of a geometry (MVT 2.1 §4.3.1); a command stands with how often it is repeated.
const (
	moveTo    = 1
	lineTo    = 2
	closePath = 1<<3 | 7
)

// Pen appends the commands of one feature's geometry, whose coordinates are each relative to the one
// before. The zero Pen starts a geometry.
type Pen struct{ at Vertex }

// Points appends places, at least one.
func (p *Pen) Points(dst []byte, places []Vertex) []byte {
	return p.vertices(AppendVarint(dst, uint64(len(places))<<3|moveTo), places)
}

// Line appends a line of at least two vertices, of which none repeats the one before.
func (p *Pen) Line(dst []byte, line []Vertex) []byte {
	dst = p.vertices(append(dst, 1<<3|moveTo), line[:1])
	return p.vertices(AppendVarint(dst, uint64(len(line)-1)<<3|lineTo), line[1:])
}

// Ring appends a ring of at least three vertices, of which none repeats the one before and the last
// not the first.
func (p *Pen) Ring(dst []byte, ring []Vertex) []byte {
	return append(p.Line(dst, ring), closePath)
}

// vertices appends coordinates. Most differences take one byte or two.
func (p *Pen) vertices(dst []byte, list []Vertex) []byte {
	x, y := p.at.X, p.at.Y
	for _, v := range list {
		dx, dy := zigzag(v.X-x), zigzag(v.Y-y)
		x, y = v.X, v.Y
		if dx|dy < 0x80 {
			dst = append(dst, byte(dx), byte(dy))
			continue
		}
		dst = AppendVarint(AppendVarint(dst, uint64(dx)), uint64(dy))
	}
	p.at = Vertex{x, y}
	return dst
}

// SizeFeature returns the most bytes of a feature whose id is below 2^idBits, with tagBytes of tags
// and a geometry of geometryBytes.
func SizeFeature(idBits, tagBytes, geometryBytes int) int {
	n := 1 + (idBits+6)/7 + 2 + 1 + SizeVarint(uint64(geometryBytes)) + geometryBytes
	if tagBytes > 0 {
		n += 1 + SizeVarint(uint64(tagBytes)) + tagBytes
	}
	return 1 + SizeVarint(uint64(n)) + n
}

// AppendFeature appends a feature of the open layer with an id, or [NoID], every step-th of the tags,
// the first included, and the commands of a geometry.
func AppendFeature(dst []byte, id uint64, tags []Tag, step int, kind Type, geometry []byte) []byte {
	tagBytes := 0
	for i := 0; i < len(tags); i += step {
		tagBytes += tags[i].Len()
	}
	n := 2 + 1 + SizeVarint(uint64(len(geometry))) + len(geometry)
	if id != NoID {
		n += 1 + SizeVarint(id)
	}
	if tagBytes > 0 {
		n += 1 + SizeVarint(uint64(tagBytes)) + tagBytes
	}
	dst = AppendVarint(append(dst, layerFeature), uint64(n))
	if id != NoID {
		dst = AppendVarint(append(dst, featureID), id)
	}
	if tagBytes > 0 {
		dst = AppendVarint(append(dst, featureTags), uint64(tagBytes))
		for i := 0; i < len(tags); i += step {
			for k, t := tags[i].Len(), tags[i]; k > 0; k-- {
				dst = append(dst, byte(t))
				t >>= 8
			}
		}
	}
	dst = append(dst, featureType, byte(kind), featureGeometry)
	return append(AppendVarint(dst, uint64(len(geometry))), geometry...)
}
