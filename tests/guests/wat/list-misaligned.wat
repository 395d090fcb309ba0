;; Answers with a list of u64 at an odd address.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 8) "\11\00\00\00\02\00\00\00")
    (func (export "run") (result i32) i32.const 8))
  (core instance $i (instantiate $m))
  (func (export "run") (result (list u64))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
