package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// withParent returns a context that ends when the go command does that runs this
// program: go run passes no SIGTERM on, and would leave the program and its
// JupyterLab behind. Where a parent's name cannot be read, nothing is watched;
// neither is a shell, whose end a program may outlive.
func withParent(ctx context.Context) context.Context {
	parent := os.Getppid()
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	if err != nil || strings.TrimSpace(string(name)) != "go" {
		return ctx
	}
	return until(ctx, time.Second, func() bool { return os.Getppid() != parent })
}

// until returns a context that ends once a condition holds, which is looked at
// every so often.
func until(ctx context.Context, every time.Duration, over func() bool) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for !over() {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return ctx
}
