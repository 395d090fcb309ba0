;; Answers with six thousand lists of sixty thousand numbers, all in the same place: small in the guest, gigabytes in the host.
(component
  (core module $m
    (memory (export "memory") 2)
    (data (i32.const 8) "\10\00\00\00\00\18\00\00")
    (func (export "run") (result i32)
      (local $at i32)
      ;; Every inner list says: 60,000 bytes, beginning at 0.
      (local.set $at (i32.const 16))
      (loop $fill
        (i32.store offset=4 (local.get $at) (i32.const 60000))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $fill (i32.lt_u (local.get $at) (i32.const 49168))))
      i32.const 8))
  (core instance $i (instantiate $m))
  (func (export "run") (result (list (list u16)))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
