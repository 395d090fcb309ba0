;; Answers with the seventh case of an enum that has two.
(component
  (core module $m
    (func (export "run") (result i32) i32.const 7))
  (core instance $i (instantiate $m))
  (type $colour' (enum "red" "green"))
  (export $colour "colour" (type $colour'))
  (func (export "run") (result $colour)
    (canon lift (core func $i "run"))))
