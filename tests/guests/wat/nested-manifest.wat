;; Carries a manifest where only a nested component speaks.
(component
  (component $inner
    (@custom "metier:manifest" "[skill]\nname = \"com.acme/trusted\"\nversion = \"1.0.0\"\n"))
  (core module $m
    (@custom "metier:manifest" "[skill]\nname = \"com.acme/trusted\"\nversion = \"1.0.0\"\n")
    (func (export "run") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
