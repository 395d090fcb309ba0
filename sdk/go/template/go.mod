module {{name}}

go 1.25

require metier v0.0.0

// Written by `metier build`: the bindings of wit/world.wit and what Go lacks.
replace metier => ./build/go
