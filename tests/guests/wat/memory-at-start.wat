;; Wants half a gibibyte before it begins.
(component
  (core module $m
    (memory 8192)
    (func (export "run")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))
