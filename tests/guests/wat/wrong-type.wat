;; Imports an interface the host has, with a function of another type.
(component
  (import "wasi:random/random@0.2.12" (instance $random (export "get-random-u64" (func (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $random "get-random-u64") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "" "get" (func (param i32)))
    (func (export "run")))
  (core instance $i (instantiate $m (with "" (instance (export "get" (func $get))))))
  (func (export "run") (canon lift (core func $i "run"))))
