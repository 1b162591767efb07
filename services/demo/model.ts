/** A profile turned around the upright axis: [radius, height] from the bottom up, in millimetres. */
export type Profile = [radius: number, height: number][];

export interface Turning {
  profile: Profile;
  /** Corners around; 64 look round. */
  sides: number;
  /** Turns of the top against the bottom. */
  twist?: number;
  /** Depth of the flutes as a share of the radius, and how many there are. */
  flutes?: { depth: number; count: number };
}

type Point = [x: number, y: number, z: number];

/** A closed solid as a binary STL file, as slicers read it: every triangle turns its front outwards. */
export function turned({ profile, sides, twist = 0, flutes = { depth: 0, count: 0 } }: Turning): Buffer {
  const top = profile.at(-1)![1];
  const point = (ring: number, side: number): Point => {
    const [radius, height] = profile[ring]!;
    const angle = ((side % sides) / sides + (twist * height) / top) * Math.PI * 2;
    const r = radius * (1 + flutes.depth * Math.cos(((side % sides) / sides) * Math.PI * 2 * flutes.count));
    return [r * Math.cos(angle), r * Math.sin(angle), height];
  };
  const triangles: [Point, Point, Point][] = [];
  const [floor, lid]: [Point, Point] = [
    [0, 0, profile[0]![1]],
    [0, 0, top],
  ];
  for (let side = 0; side < sides; side++) {
    triangles.push([floor, point(0, side + 1), point(0, side)]);
    for (let ring = 0; ring + 1 < profile.length; ring++) {
      const [a, b] = [point(ring, side), point(ring, side + 1)];
      const [c, d] = [point(ring + 1, side), point(ring + 1, side + 1)];
      triangles.push([a, b, d], [a, d, c]);
    }
    triangles.push([lid, point(profile.length - 1, side), point(profile.length - 1, side + 1)]);
  }
  return stl(triangles);
}

function stl(triangles: [Point, Point, Point][]): Buffer {
  const file = Buffer.alloc(84 + triangles.length * 50);
  file.write("Made by code for the demo shop", 0);
  file.writeUInt32LE(triangles.length, 80);
  triangles.forEach((corners, i) => {
    [normal(corners), ...corners].flat().forEach((value, n) => file.writeFloatLE(value, 84 + i * 50 + n * 4));
  });
  return file;
}

function normal([a, b, c]: [Point, Point, Point]): Point {
  const [u, v] = [b.map((value, i) => value - a[i]!), c.map((value, i) => value - a[i]!)] as [Point, Point];
  const cross: Point = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = Math.hypot(...cross) || 1;
  return [cross[0] / length, cross[1] / length, cross[2] / length];
}
