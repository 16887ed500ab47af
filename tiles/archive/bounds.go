package archive

// What one archive may take. Archives as cities have them stay far below: a planet's leaf directories
// have 30 thousand entries, its tiles half a megabyte.
const (
	// HeaderBytes is the size of the header.
	HeaderBytes = 127
	// PrefixBytes is what is read at once to open an archive; the header and the root directory must
	// lie in it (spec/v3, Directory Hierarchy).
	PrefixBytes = 16384
	// MaxDirectories is how many directories may lie on the way to a tile, the root among them.
	MaxDirectories = 4
	// MaxEntries is the most entries of one directory; each takes 24 bytes of memory.
	MaxEntries = 1 << 20
	// MaxDirectoryBytes is the most bytes of a directory as stored.
	MaxDirectoryBytes = 4 << 20
	// MaxPlainDirectoryBytes is the most bytes of a directory as decompressed.
	MaxPlainDirectoryBytes = 16 << 20
	// MaxMetadataBytes is the most bytes of the metadata as stored.
	MaxMetadataBytes = 2 << 20
	// MaxPlainMetadataBytes is the most bytes of the metadata as decompressed.
	MaxPlainMetadataBytes = 8 << 20
	// MaxVectorLayers is the most layers that the metadata may describe.
	MaxVectorLayers = 1000
	// MaxTileBytes is the most bytes of a tile as stored.
	MaxTileBytes = 4 << 20
	// MaxPlainTileBytes is the most bytes of a tile as decompressed.
	MaxPlainTileBytes = 16 << 20
	// MaxZoom is the highest zoom of an archive: tile ids up to it take 53 bits.
	MaxZoom = 26
)
