"""Being here puts this folder on the path, so that the tests import the package `standin`."""
