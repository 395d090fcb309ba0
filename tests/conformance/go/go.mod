module conformance

go 1.25

require metier v0.0.0

replace metier => ./build/go
