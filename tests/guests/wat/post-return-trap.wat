;; Answers well and traps while cleaning up.
(component
  (core module $m
    (func (export "run") (result i32) i32.const 7)
    (func (export "clean") (param i32) unreachable))
  (core instance $i (instantiate $m))
  (func (export "run") (result u32)
    (canon lift (core func $i "run") (post-return (core func $i "clean")))))
