;; Grows a table until it may not, and gives up.
(component
  (core module $m
    (table $t 1 funcref)
    (func (export "run")
      (loop $more
        (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
      unreachable))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))
