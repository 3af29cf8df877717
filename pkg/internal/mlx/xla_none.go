//go:build !cgo || !(linux || darwin)

package mlx

// haveXLA says whether this program can load PJRT plugins at all.
const haveXLA = false
