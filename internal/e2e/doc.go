// Package e2e tests Hutong as its users meet it: the built binary, its command line, its signals and
// its HTTP answers, without a look inside. It holds tests only.
//
// TestMain builds the binary once. Tests of real data need the folder that HUTONG_DATA names (by
// default the one beside the repository) and skip by name where there is none.
package e2e
