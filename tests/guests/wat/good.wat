;; Answers 42; what harm is wrapped around it is the test's.
(component
  (core module $m
    (func (export "run") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
