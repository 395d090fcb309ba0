module metier

go 1.25
