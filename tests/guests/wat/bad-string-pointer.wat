;; Answers with a string that lies outside of its memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 8) "\f0\ff\ff\ff\64\00\00\00")
    (func (export "run") (result i32) i32.const 8))
  (core instance $i (instantiate $m))
  (func (export "run") (result string)
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
