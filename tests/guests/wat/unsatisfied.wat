;; Needs an interface that no host offers.
(component
  (import "acme:missing/thing@1.0.0" (instance $thing (export "do-it" (func))))
  (core func $do-it (canon lower (func $thing "do-it")))
  (core module $m
    (import "" "do-it" (func))
    (func (export "run")))
  (core instance $i (instantiate $m (with "" (instance (export "do-it" (func $do-it))))))
  (func (export "run") (canon lift (core func $i "run"))))
