// Package docs holds the documents and no code of its own, only the tests that hold the documents to
// the program: every command in them is run, every configuration checked, every link followed.
package docs
