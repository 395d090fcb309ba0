;; Answers with a list whose length times its element size overflows the memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\ff\ff\ff\3f")
    (func (export "run") (result i32) i32.const 8))
  (core instance $i (instantiate $m))
  (func (export "run") (result (list u64))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
