/** The cordwood command: one class per command. */
@NullMarked
package io.cordwood.cli;

import org.jspecify.annotations.NullMarked;
