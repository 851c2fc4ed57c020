"""Components for the tests of the conformance kit: good ones, and for every check a bad one."""
