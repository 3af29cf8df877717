//go:build cgo && (linux || darwin)

package mlx

import (
	_ "github.com/gomlx/go-xla/compute/xla" // registers "xla"; never its auto-installer, which downloads
)

// haveXLA says whether this program can load PJRT plugins at all.
const haveXLA = true
