//go:build !(cgo && linux)

package mlx

// keepMemory is for glibc.
func keepMemory() {}
