package mvt

// Layer is a layer that was begun and not yet ended.
type Layer struct {
	body   int // position of the first byte after the length prefix
	prefix int // bytes reserved for the length prefix
}

// BeginLayer appends the head of a layer called name. size is the caller's estimate of the layer's
// bytes without head and length prefix: when the estimate is right to the length of its varint,
// [Layer.End] moves no bytes.
func BeginLayer(dst []byte, name string, size int) ([]byte, Layer) {
	size += 2 + sizeText(len(name)) + 2
	layer := Layer{prefix: SizeVarint(uint64(max(size, 0)))}
	dst = append(dst, tileLayer)
	var room [10]byte
	dst = append(dst, room[:layer.prefix]...)
	layer.body = len(dst)
	dst = append(dst, layerVersion, Version)
	return appendText(dst, layerName, name), layer
}

// End appends the layer's extent in tile units and closes it. dst is what became of the slice that
// BeginLayer returned.
func (l Layer) End(dst []byte, extent uint32) []byte {
	dst = AppendVarint(append(dst, layerExtent), uint64(extent))
	size := len(dst) - l.body
	if n := SizeVarint(uint64(size)); n != l.prefix {
		var room [10]byte
		dst = append(dst, room[:max(0, n-l.prefix)]...)
		body := l.body - l.prefix + n
		copy(dst[body:], dst[l.body:l.body+size])
		dst = dst[:body+size]
		l.body = body
		l.prefix = n
	}
	AppendVarint(dst[:l.body-l.prefix], uint64(size))
	return dst
}

// SizeLayer returns the most bytes that a layer takes in a tile beside its features, keys and
// values, when it is below 2²⁸ bytes in all.
func SizeLayer(name string, extent uint32) int {
	return 1 + 4 + 2 + sizeText(len(name)) + 1 + SizeVarint(uint64(extent))
}

// AppendKey appends a key of the open layer. The first key of a layer has index 0.
func AppendKey(dst []byte, name string) []byte { return appendText(dst, layerKey, name) }

// SizeKey returns the bytes that AppendKey appends for a name of n bytes.
func SizeKey(n int) int { return sizeText(n) }

// appendText appends a length-delimited field.
func appendText(dst []byte, tag byte, s string) []byte {
	return append(AppendVarint(append(dst, tag), uint64(len(s))), s...)
}

func sizeText(n int) int { return 1 + SizeVarint(uint64(n)) + n }
