;; Never finishes starting.
(component
  (core module $m
    (func $start (loop $l (br $l)))
    (start $start)
    (func (export "run")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))
