/** How long a node takes to serve again after it was killed. */
@NullMarked
package io.cordwood.bench.restart;

import org.jspecify.annotations.NullMarked;
