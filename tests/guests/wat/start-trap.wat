;; Traps before any of its functions is called.
(component
  (core module $m
    (func $start unreachable)
    (start $start)
    (func (export "run")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))
