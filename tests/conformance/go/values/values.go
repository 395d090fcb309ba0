// Package values gives every value back as it came.
package values

import (
	v "metier/wit/metier_conformance_values"
	wit "metier/wit/types"
)

func EchoBool(value bool) bool                      { return value }
func EchoIntegers(value v.Integers) v.Integers      { return value }
func EchoFloats(value v.Floats) v.Floats            { return value }
func EchoChar(value rune) rune                      { return value }
func EchoString(value string) string                { return value }
func EchoBytes(value []uint8) []uint8               { return value }
func EchoList(value [][]string) [][]string          { return value }
func EchoRecord(value v.Person) v.Person            { return value }
func EchoVariant(value v.Figure) v.Figure           { return value }
func EchoEnum(value v.Colour) v.Colour              { return value }
func EchoFlags(value v.Rights) v.Rights             { return value }
func EchoResults(value v.Results) v.Results         { return value }
func Nothing()                                      {}
func SwapPeople(a, b v.Person) (v.Person, v.Person) { return b, a }

func EchoTuple(value wit.Tuple3[string, uint8, bool]) (string, uint8, bool) {
	return value.F0, value.F1, value.F2
}

func EchoOption(value wit.Option[string]) wit.Option[string] { return value }

func EchoOptionTwice(value wit.Option[wit.Option[uint32]]) wit.Option[wit.Option[uint32]] {
	return value
}

func EchoNested(figures []v.Figure, rights wit.Option[v.Rights], people []v.Person) ([]v.Figure, wit.Option[v.Rights], []v.Person) {
	return figures, rights, people
}

func GiveBoth(fail bool) wit.Result[uint32, string] {
	if fail {
		return wit.Err[uint32]("no")
	}
	return wit.Ok[uint32, string](7)
}

func GiveOkOnly(fail bool) wit.Result[uint32, wit.Unit] {
	if fail {
		return wit.Err[uint32](wit.Unit{})
	}
	return wit.Ok[uint32, wit.Unit](7)
}

func GiveErrOnly(fail bool) wit.Result[wit.Unit, string] {
	if fail {
		return wit.Err[wit.Unit]("no")
	}
	return wit.Ok[wit.Unit, string](wit.Unit{})
}

func GiveNeither(fail bool) wit.Result[wit.Unit, wit.Unit] {
	if fail {
		return wit.Err[wit.Unit](wit.Unit{})
	}
	return wit.Ok[wit.Unit, wit.Unit](wit.Unit{})
}
