/** Real server processes on this machine. */
@NullMarked
package io.cordwood.cli.local;

import org.jspecify.annotations.NullMarked;
