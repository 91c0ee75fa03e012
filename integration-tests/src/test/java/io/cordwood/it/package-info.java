/** Whole-cluster tests and the rules of the code base. */
@NullMarked
package io.cordwood.it;

import org.jspecify.annotations.NullMarked;
