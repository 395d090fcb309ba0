;; Answers with a bool of 2, which the canonical ABI reads as true.
(component
  (core module $m
    (func (export "run") (result i32) i32.const 2))
  (core instance $i (instantiate $m))
  (func (export "run") (result bool)
    (canon lift (core func $i "run"))))
